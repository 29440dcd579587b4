// Purpose: fail a transaction of a process that lost the lock, and give a sign of life. Runs first in every write.
// Parameters: token: string; now: epoch milliseconds.
// Result: written: 1 when the lock is still held.
// Cost: one index seek.
MATCH (l:KgLock {id: 'writer'})
WHERE l.token = $token
SET l.at = $now
RETURN count(l) AS written
