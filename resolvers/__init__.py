"""Find out outcomes: prompt and remind people, run resolvers on sources, make proposals."""
