// Purpose: the indexes there are, whether they answer yet, and how far those are that do not.
// Parameters: none. Result: name: string, state: 'ONLINE' when it answers, percent: float, 0..100. Cost: none to speak of.
SHOW INDEXES YIELD name, state, populationPercent
RETURN name AS name, state AS state, populationPercent AS percent
