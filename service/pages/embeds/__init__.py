"""Embeds for other sites and programs: badges, cards, link images, Atom and iCalendar feeds.

Entry point: the router of each page, which `service.pages.router` includes.
"""
