"""The gallery (画廊): every page as a picture at two widths, with an accessibility check."""
