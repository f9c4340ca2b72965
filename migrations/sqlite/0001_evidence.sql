-- The evidence of one campaign: imports, and what each of them brought. One file, in the folder of the campaign.
-- JSON stands in text columns in both databases: the order of keys and every digit stay as they were written.

-- Every import ever made. An import that was undone or replaced keeps its line here and nothing elsewhere. Ids are
-- never given twice, so that an account that names an import goes on meaning that one.
create table imports (
    id integer primary key autoincrement,
    kind text not null check (kind in ('areas', 'results', 'polls')),
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

-- Areas of active imports. A parent may come later in the same transaction, when an import replaces another: hence
-- the deferred key.
create table areas (
    level text not null,
    code text not null,
    name text not null,
    parent_level text,
    parent_code text,
    electors integer,
    geom blob,
    import_id integer not null references imports (id),
    primary key (level, code),
    foreign key (parent_level, parent_code) references areas (level, code) deferrable initially deferred
) strict;
create index areas_parent on areas (parent_level, parent_code);
create index areas_import on areas (import_id);

-- Codes of merged and recoded areas, and the code that stands for each today.
create table aliases (
    level text not null,
    old_code text not null,
    code text not null,
    import_id integer not null references imports (id),
    primary key (level, old_code)
) strict;
create index aliases_import on aliases (import_id);

-- Elections that have results of an active import.
create table elections (
    id text primary key,
    label text not null,
    date text not null,
    has_registered integer not null check (has_registered in (0, 1)),
    lists text not null
) strict;

-- Exact counts, a row of the file or a sum of its rows. Without level and code they belong to the root. Votes are a
-- JSON array in the order of the election's lists.
create table results (
    import_id integer not null references imports (id),
    row integer not null,
    election text not null references elections (id) deferrable initially deferred,
    level text,
    code text,
    placed integer not null check (placed in (0, 1)),
    file_code text,
    registered integer,
    voters integer not null,
    valid integer not null,
    blank integer,
    null_votes integer,
    votes text not null,
    primary key (import_id, row),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
) strict;
create index results_area on results (level, code);
create index results_election on results (election);
-- An area has one count an election; unplaced votes of an ancestor may come in many rows.
create unique index results_placed on results (election, level, code) where placed = 1;

-- Published polls: shares in fractions of what `of_what` says.
create table polls (
    import_id integer not null references imports (id),
    row integer not null,
    date text not null,
    level text,
    code text,
    turnout real,
    undecided real,
    favourable real,
    opposed real,
    of_what text not null check (of_what in ('electors', 'voters', 'decided')),
    n integer,
    se real,
    primary key (import_id, row),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
) strict;
create index polls_area on polls (level, code);

-- The log of publications; the figures themselves are in the published directories.
create table snapshots (
    number integer primary key,
    published_at text not null,
    reading text not null,
    geography text not null,
    results text not null,
    manifest text not null
) strict;

-- Areas and estimates of the newest publication, for whoever reads SQL. A copy: undoing an import later does not
-- change what was published. Shares are fractions with three decimals, as in every other face.
create table current_areas (
    level text not null,
    code text not null,
    name text not null,
    parent_level text,
    parent_code text,
    electors integer,
    geom blob,
    primary key (level, code)
) strict;
create table current_estimates (
    snapshot integer not null references snapshots (number),
    level text not null,
    code text not null,
    electors integer,
    pooled integer not null check (pooled in (0, 1)),
    favourable real,
    favourable_low real,
    favourable_high real,
    undecided real,
    undecided_low real,
    undecided_high real,
    opposed real,
    opposed_low real,
    opposed_high real,
    abstainers real,
    abstainers_low real,
    abstainers_high real,
    turnout real,
    turnout_low real,
    turnout_high real,
    margin real,
    margin_low real,
    margin_high real,
    persuasion real,
    persuasion_low real,
    persuasion_high real,
    mobilisation real,
    mobilisation_low real,
    mobilisation_high real,
    primary key (level, code)
) strict;

create view published_areas as
select level, code, name, parent_level, parent_code, electors, geom from current_areas;

create view published_estimates as
select e.snapshot, e.level, e.code, a.name, a.parent_code as parent, e.electors, e.pooled,

       e.favourable, e.favourable_low, e.favourable_high,
       e.undecided, e.undecided_low, e.undecided_high,
       e.opposed, e.opposed_low, e.opposed_high,
       e.abstainers, e.abstainers_low, e.abstainers_high,
       e.turnout, e.turnout_low, e.turnout_high,
       e.margin, e.margin_low, e.margin_high,
       e.persuasion, e.persuasion_low, e.persuasion_high,
       e.mobilisation, e.mobilisation_low, e.mobilisation_high,
       a.geom
from current_estimates e join current_areas a on a.level = e.level and a.code = e.code;

-- Small facts about the campaign, by key; values are JSON.
create table meta (
    key text primary key,
    value text not null
) strict;
