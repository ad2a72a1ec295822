"""Web side of the kernel: error pages, forms, assets, formats, security headers."""
