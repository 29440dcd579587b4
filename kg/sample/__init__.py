"""The sample shop, written for this project: products, intents, engagement, recorded answers, decisions."""
