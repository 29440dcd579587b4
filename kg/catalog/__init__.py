"""Readers, validation, product types, intents and engagement: files from outside become checked artefacts."""
