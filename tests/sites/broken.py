raise RuntimeError("the site's module is broken")
