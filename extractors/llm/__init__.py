"""Everything that talks to a language model: questions, client, answer cache, embedded server, weights."""
