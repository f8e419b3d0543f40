-- A key with its book's money log. The one statement without a book: the key says which book it is of.
-- Expiry and revocation are judged by the database's clock, so that no server's clock ends a key early.
select k.book, l.log, l.sandbox, k.person, k.role, k.party, k.hash,
       k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp()) as good
from api_key k
join log l on l.book = k.book and l.shard = 0 and l.successor is null
where k.key = $1
