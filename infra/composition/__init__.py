"""How the components fit together: each function passes settings and other components to the ones it declares.

Components know neither each other nor the settings, so a change to their connections is a change in this room.
"""
