"""Photograph the screens of the documentation: `make screenshots`.

Starts Loupe on a temporary data folder, makes two people, and goes once round the loop on the sample collection that
Loupe draws itself, as people would in their browsers. A picture of each stop is kept in docs/images/.
"""
