"""The articles of the demo."""

WELCOME = """
<p>This small intranet is a Django site whose editors use TinyMCE with Tiny's services. Each of these
services needs a <strong>JSON Web Token</strong> that says who the user is. The site signs the tokens with
a private key that never leaves the site.</p>
<h2>What to try</h2>
<ol>
<li>Log in as Alice, edit this article and drop a picture into it. The picture goes to her folder in the
drive. The folder button in the toolbar shows the files there.</li>
<li>Export the article to PDF or Word, or import a Word file, with the buttons next to it.</li>
<li>Let the assistant improve the writing, or send it a prompt of your own.</li>
<li>Log in as Bob and write an article. He has another folder, and the assistant refuses his own prompts,
because his token lacks that permission.</li>
<li>Log in as Ada, the superuser. She sees the whole drive, with the names of those who uploaded the files.
The Django admin has the same editor, for Alice too.</li>
</ol>
<h2>Where to look</h2>
<ul>
<li>The <strong>token panel</strong> below each article shows a token for each service. It fetches them as
the editor's plugins do.</li>
<li>The services are a stand-in for Tiny's cloud, which has only the public key. When it refuses a token,
it says exactly what is wrong.</li>
<li>Copy from <code>intranet/settings.py</code>, <code>intranet/urls.py</code> and
<code>intranet/tiny.py</code>.</li>
</ul>
"""

TOKENS = """
<p>A token has three parts with dots between them: the header, the claims and the signature. Everybody can
read the first two. Only the owner of the private key can make the third.</p>
<table>
<thead><tr><th>Claim</th><th>Meaning</th></tr></thead>
<tbody>
<tr><td><code>sub</code></td><td>the id of the user, which never changes</td></tr>
<tr><td><code>name</code></td><td>the name of the user</td></tr>
<tr><td><code>aud</code></td><td>the account that the token is for</td></tr>
<tr><td><code>iat</code></td><td>when the token was issued</td></tr>
<tr><td><code>exp</code></td><td>when the token expires, ten minutes later</td></tr>
</tbody>
</table>
<p>Press <em>Alter it</em> in the token panel to change one letter of the claims. The signature does not fit
any more, and the token is refused.</p>
"""

SOUP = """
<p>From December on, the canteen cooks a soup every Wednesday. Bring a bowl, and a recipe if you have
one.</p>
<ol>
<li>Leek and potato</li>
<li>Žurek, with or without the egg</li>
<li>Lentils à la Émilie</li>
</ol>
<blockquote><p>Soup is the only meal that gets better while it waits for you.</p></blockquote>
"""

ARTICLES = [
    {
        "title": "Soup on Wednesdays",
        "summary": "The canteen tries something new. Recipes are welcome.",
        "body": SOUP,
    },
    {
        "title": "What is in a token",
        "summary": "Header, claims, signature: how to read the token panel.",
        "body": TOKENS,
    },
    {
        "title": "Welcome to the intranet",
        "summary": "What this demo shows, and where to look first.",
        "body": WELCOME,
    },
]
