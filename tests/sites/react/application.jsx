// frontend/application.jsx
import { Editor } from "@tinymce/tinymce-react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

/* global api, djangoTinymceJwt, headers, signIn */
const options = {
  plugins: "exportpdf tinydrive",
  toolbar: "exportpdf insertfile",
  tinydrive_token_provider: djangoTinymceJwt.provider(`${api}/drf/tinymce/jwt/`, { headers }),
};

function SignIn({ onSuccess }) {
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    await signIn(form.get("username"), form.get("password"));
    onSuccess();
  };
  return (
    <form id="sign-in" onSubmit={submit}>
      <label>Name <input name="username" /></label>
      <label>Password <input name="password" type="password" /></label>
      <button>Sign in</button>
    </form>
  );
}

function Page() {
  const [isSignedIn, setSignedIn] = useState(false);
  return isSignedIn ? <Editor apiKey="no-api-key" init={options} /> : <SignIn onSuccess={() => setSignedIn(true)} />;
}

createRoot(document.getElementById("page")).render(<Page />);
