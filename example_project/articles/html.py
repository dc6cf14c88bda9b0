import nh3

TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "blockquote", "hr", "br"),
    *("ul", "ol", "li"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("a", "img", "strong", "em", "b", "i", "u", "s", "sub", "sup", "code", "span"),
}
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "*": {"style"},
}
# A link in a new window. Other values of rel would give the new window access to this one.
ATTRIBUTE_VALUES = {"a": {"target": {"_blank"}, "rel": {"noopener"}}}
# What TinyMCE writes for columns and cells that were resized, and for underlined text.
STYLES = {"width", "height", "text-decoration"}


def clean(html):
    """Return the HTML with only the elements and attributes that the editor's toolbar writes.

    Ids, names, classes and ``data-`` attributes are removed, so that no script of the site finds an author's element.
    """
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        tag_attribute_values=ATTRIBUTE_VALUES,
        link_rel=None,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto"},
    )
