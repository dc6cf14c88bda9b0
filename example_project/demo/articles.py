"""The text of the demo's articles."""

WELCOME = """
<p>This small intranet shows a Django site whose editors use TinyMCE together with Tiny's services.
Each of these services wants a <strong>JSON Web Token</strong> that says who the user is, signed with a
key that never leaves the site.</p>
<h2>What to try</h2>
<ol>
<li>As Alice, edit this article and drop a picture into it. A token takes it to her folder in the drive; the
folder button in the toolbar shows what is there.</li>
<li>Press the PDF button, or one of the two for Word.</li>
<li>Ask the assistant to do what your own prompt says.</li>
<li>Log in as Bob and write an article. His folder is another one, and the assistant refuses him prompts of
his own, since his token lacks that permission.</li>
<li>The same editor stands in the Django admin, for Alice and for Ada. Ada, the superuser, sees the whole
drive, and who has uploaded what.</li>
</ol>
<h2>Where to look</h2>
<ul>
<li>Below each article stands the <strong>token panel</strong>: a token of each service, fetched as the
editor's plugins do it.</li>
<li>The services are a stand-in for Tiny's cloud, which has the public key alone. It says more clearly than
the real ones what is wrong with a token.</li>
<li>The files to copy from are <code>intranet/settings.py</code> and <code>intranet/tiny.py</code>.</li>
</ul>
"""

TOKENS = """
<p>A token is three pieces of base64url text with dots between them: a header, the claims, and the
signature. Anybody may read the first two. Only the holder of the private key can make the third.</p>
<table>
<thead><tr><th>Claim</th><th>What it says</th></tr></thead>
<tbody>
<tr><td><code>sub</code></td><td>who the user is, for good</td></tr>
<tr><td><code>name</code></td><td>how the user is called</td></tr>
<tr><td><code>aud</code></td><td>for which account the token is meant</td></tr>
<tr><td><code>exp</code></td><td>when the token ends, ten minutes from now</td></tr>
</tbody>
</table>
<p>Press <em>Alter it</em> in the token panel to change one letter of a token's claims, and see the
signature fail.</p>
"""

SOUP = """
<p>From December on the canteen cooks a soup every Wednesday. Bring a bowl, and a recipe if you have
one.</p>
<ol>
<li>Leek and potato</li>
<li>Žurek, with or without the egg</li>
<li>Lentils à la Émilie</li>
</ol>
<blockquote><p>Soup is the only meal that gets better by waiting for you.</p></blockquote>
"""

ARTICLES = [
    {
        "title": "Soup on Wednesdays",
        "summary": "The canteen tries something new. Recipes are welcome.",
        "body": SOUP,
    },
    {
        "title": "What is in a token",
        "summary": "Header, claims, signature: how to read what the panel shows.",
        "body": TOKENS,
    },
    {
        "title": "Welcome to the intranet",
        "summary": "What this demo shows, and where to look first.",
        "body": WELCOME,
    },
]
