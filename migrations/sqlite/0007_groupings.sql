-- Groupings: sets of areas that are no level of the tree (constituencies, cantons). Their areas have members, or polygons.
create table groupings (
    import_id integer primary key references imports (id),
    name text not null unique,
    label_fr text not null,
    label_en text not null,
    -- The level of the members; null where the areas are polygons.
    level text
) strict;

create table grouping_areas (
    import_id integer not null references groupings (import_id),
    code text not null,
    name text not null,
    geom blob,
    primary key (import_id, code)
) strict;

-- An area of the tree, and the area of the grouping that has it: at most one.
create table grouping_members (
    import_id integer not null,
    level text not null,
    code text not null,
    area text not null,
    primary key (import_id, code),
    foreign key (import_id, area) references grouping_areas (import_id, code),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
) strict;
create index grouping_members_area on grouping_members (level, code);
