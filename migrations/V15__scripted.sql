-- Parties that a sandbox plays by a script: a word, null for everybody else.
alter table party add column script text;
create index party_scripted on party (log, party) where script is not null;
