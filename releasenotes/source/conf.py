# SPDX-License-Identifier: Apache-2.0

"""Sphinx configuration of the release notes."""

project = 'nova-images-compat release notes'
copyright = 'nova-images-compat contributors'

extensions = [
    'openstackdocstheme',
    'reno.sphinxext',
]

root_doc = 'index'
nitpicky = True
smartquotes = False

html_theme = 'openstackdocs'
html_theme_options = {
    'analytics_tracking_code': '',
    'display_badge': False,
    'root_title': 'nova-images-compat',
    'sidebar_mode': 'toctree',
}
html_static_path = ['../../doc/source/_static']
html_css_files = ['pages.css']
html_js_files = ['pages.js']
html_copy_source = False
pygments_style = 'native'

openstackdocs_auto_name = False
openstackdocs_repo_name = 'nova-images-compat'
openstackdocs_pdf_link = False
