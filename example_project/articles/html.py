import nh3

TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "blockquote", "hr", "br"),
    *("ul", "ol", "li"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("a", "img", "strong", "em", "b", "i", "u", "s", "sub", "sup", "code", "span"),
}
ATTRIBUTES = {
    "a": {"href", "target"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "*": {"style"},
}
# What TinyMCE writes for columns and cells that were resized, and for underlined text.
STYLES = {"width", "height", "text-decoration"}


def clean(html):
    """Return the HTML with nothing but what the editor's toolbar writes.

    Without ids, names, classes and ``data-`` attributes no element can pass for one that the site's scripts look for.
    """
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto"},
    )
