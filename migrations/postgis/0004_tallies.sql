-- Answers of a canvass and scores of persons, as counts. Noise was drawn before they came here, once: no exact count
-- is ever stored. The batch and its budget stay with the line of the import, because undoing gives no budget back.
alter table imports add column batch text collate "C";
alter table imports add column eps double precision;
create index imports_batch on imports (batch);

-- Counts at an area, or at the ancestor where they reach the smallest number that may be counted; without level and
-- code at the root. A group that was not asked about is null. Noised counts may be negative; without eps they are exact.
create table tallies (
    import_id bigint not null references imports (id),
    row bigint not null,
    date date,
    level text collate "C",
    code text collate "C",
    asked bigint not null check (asked > 0),
    abstainers bigint,
    undecided bigint,
    favourable bigint,
    opposed bigint,
    eps double precision,
    primary key (import_id, row),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
);
create unique index tallies_area on tallies (level, code, import_id);
