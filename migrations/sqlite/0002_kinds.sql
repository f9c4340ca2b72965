-- More kinds of evidence. SQLite cannot change a check, so the table is made anew under its own name; the keys of its
-- children are checked again when the migration is committed.
pragma defer_foreign_keys = on;
create table imports_before as select * from imports;
drop table imports;
create table imports (
    id integer primary key autoincrement,
    kind text not null check (
        kind in ('areas', 'results', 'polls', 'covariates', 'tallies', 'scores', 'population', 'grouping')
    ),
    level text,
    election text,
    file text not null,
    sha256 text not null,
    bytes integer not null,
    at text not null,
    arguments text not null,
    account text not null,
    status text not null default 'active' check (status in ('active', 'undone', 'replaced')),
    replaces integer references imports (id),
    lineage integer
) strict;
insert into imports select * from imports_before;
drop table imports_before;
