"""Which part is given what: one function per component, from the settings and the parts it stands on.

Components know nothing of each other or of the settings; whoever changes how they fit together changes it here.
"""
