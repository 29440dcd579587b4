// Purpose: let others write.
// Parameters: token: string.
// Result: written: 1 when the lock was held, else 0.
// Cost: one index seek.
MATCH (l:KgLock {id: 'writer'})
WHERE l.token = $token
SET l.token = ''
RETURN count(l) AS written
