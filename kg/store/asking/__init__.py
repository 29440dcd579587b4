"""The look-ups as questions: what to read, in which order, and what the answer is."""
