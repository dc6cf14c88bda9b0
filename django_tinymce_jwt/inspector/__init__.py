"""The token inspector: a page for the staff. It shows the claims that a user would get, and makes no token."""
