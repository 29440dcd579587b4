// Purpose: who may write now.
// Parameters: none.
// Result: token: string, '' when nobody; holder, host: string; pid, born: integer; at: epoch milliseconds of its last write.
// Cost: one index seek.
MATCH (l:KgLock {id: 'writer'})
RETURN l.token AS token, l.holder AS holder, l.host AS host, l.pid AS pid, l.born AS born, l.at AS at
