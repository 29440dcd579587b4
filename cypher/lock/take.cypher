// Purpose: become the one process that may write, unless another one is.
// Parameters: now: epoch milliseconds; free: list of string, tokens that may be replaced ('' for nobody's); mine: map
//   of token, holder, host: string, pid, born: integer, at: epoch milliseconds.
// Result: token, holder, host, pid, born, at: of the one who has the lock now.
// Cost: one index seek. The first SET makes concurrent takers wait for one another.
MERGE (l:KgLock {id: 'writer'})
SET l.asked = $now
WITH l, coalesce(l.token, '') AS held
SET l += CASE WHEN held IN $free THEN $mine ELSE {} END
RETURN l.token AS token, l.holder AS holder, l.host AS host, l.pid AS pid, l.born AS born, l.at AS at
