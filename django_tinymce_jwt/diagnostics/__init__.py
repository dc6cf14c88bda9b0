"""For the people who run the site: what the command and the inspector do. Nothing that serves a request imports it."""
