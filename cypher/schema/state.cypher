// Purpose: the indexes there are and whether they answer yet.
// Parameters: none. Result: name: string, state: 'ONLINE' when it answers. Cost: none to speak of.
SHOW INDEXES YIELD name, state
RETURN name AS name, state AS state
