-- The evidence of one campaign: imports, and what each of them brought. Runs in the schema of the campaign.
-- JSON stands in text columns in both databases: the order of keys and every digit stay as they were written.

-- Every import ever made. An import that was undone or replaced keeps its line here and nothing elsewhere. Ids are
-- never given twice, so that an account that names an import goes on meaning that one.
create table imports (
    id bigint generated always as identity primary key,
    kind text collate "C" not null check (kind in ('areas', 'results', 'polls')),
    level text collate "C",
    election text collate "C",
    file text collate "C" not null,
    sha256 text collate "C" not null,
    bytes bigint not null,
    at timestamptz not null,
    arguments text not null,
    account text not null,
    status text collate "C" not null default 'active' check (status in ('active', 'undone', 'replaced')),
    replaces bigint references imports (id),
    lineage bigint
);

-- Areas of active imports. A parent may come later in the same transaction, when an import replaces another: hence
-- the deferred key.
create table areas (
    level text collate "C" not null,
    code text collate "C" not null,
    name text not null,
    parent_level text collate "C",
    parent_code text collate "C",
    electors bigint,
    geom geometry(Geometry, 4326),
    import_id bigint not null references imports (id),
    primary key (level, code),
    foreign key (parent_level, parent_code) references areas (level, code) deferrable initially deferred
);
create index areas_parent on areas (parent_level, parent_code);
create index areas_import on areas (import_id);
create index areas_geom on areas using gist (geom);

-- Codes of merged and recoded areas, and the code that stands for each today.
create table aliases (
    level text collate "C" not null,
    old_code text collate "C" not null,
    code text collate "C" not null,
    import_id bigint not null references imports (id),
    primary key (level, old_code)
);
create index aliases_import on aliases (import_id);

-- Elections that have results of an active import.
create table elections (
    id text collate "C" primary key,
    label text not null,
    date date not null,
    has_registered boolean not null,
    lists text not null
);

-- Exact counts, a row of the file or a sum of its rows. Without level and code they belong to the root. Votes are a
-- JSON array in the order of the election's lists.
create table results (
    import_id bigint not null references imports (id),
    row bigint not null,
    election text collate "C" not null references elections (id) deferrable initially deferred,
    level text collate "C",
    code text collate "C",
    placed boolean not null,
    file_code text,
    registered bigint,
    voters bigint not null,
    valid bigint not null,
    blank bigint,
    null_votes bigint,
    votes text not null,
    primary key (import_id, row),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
);
create index results_area on results (level, code);
create index results_election on results (election);
-- An area has one count an election; unplaced votes of an ancestor may come in many rows.
create unique index results_placed on results (election, level, code) where placed;

-- Published polls: shares in fractions of what `of_what` says.
create table polls (
    import_id bigint not null references imports (id),
    row bigint not null,
    date date not null,
    level text collate "C",
    code text collate "C",
    turnout double precision,
    undecided double precision,
    favourable double precision,
    opposed double precision,
    of_what text collate "C" not null check (of_what in ('electors', 'voters', 'decided')),
    n bigint,
    se double precision,
    primary key (import_id, row),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
);
create index polls_area on polls (level, code);

-- The log of publications; the figures themselves are in the published directories.
create table snapshots (
    number bigint primary key,
    published_at timestamptz not null,
    reading text collate "C" not null,
    geography text collate "C" not null,
    results text collate "C" not null,
    manifest text not null
);

-- Areas and estimates of the newest publication, for whoever reads SQL. A copy: undoing an import later does not
-- change what was published. Shares are fractions with three decimals, as in every other face.
create table current_areas (
    level text collate "C" not null,
    code text collate "C" not null,
    name text not null,
    parent_level text collate "C",
    parent_code text collate "C",
    electors bigint,
    geom geometry(Geometry, 4326),
    primary key (level, code)
);
create index current_areas_geom on current_areas using gist (geom);
create table current_estimates (
    snapshot bigint not null references snapshots (number),
    level text collate "C" not null,
    code text collate "C" not null,
    electors bigint,
    pooled boolean not null,
    favourable double precision,
    favourable_low double precision,
    favourable_high double precision,
    undecided double precision,
    undecided_low double precision,
    undecided_high double precision,
    opposed double precision,
    opposed_low double precision,
    opposed_high double precision,
    abstainers double precision,
    abstainers_low double precision,
    abstainers_high double precision,
    turnout double precision,
    turnout_low double precision,
    turnout_high double precision,
    margin double precision,
    margin_low double precision,
    margin_high double precision,
    persuasion double precision,
    persuasion_low double precision,
    persuasion_high double precision,
    mobilisation double precision,
    mobilisation_low double precision,
    mobilisation_high double precision,
    primary key (level, code)
);

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
    key text collate "C" primary key,
    value text not null
);
