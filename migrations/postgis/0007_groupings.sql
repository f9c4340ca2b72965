-- Groupings: sets of areas that are no level of the tree (constituencies, cantons). Their areas have members, or polygons.
create table groupings (
    import_id bigint primary key references imports (id),
    name text collate "C" not null unique,
    label_fr text not null,
    label_en text not null,
    -- The level of the members; null where the areas are polygons.
    level text collate "C"
);

create table grouping_areas (
    import_id bigint not null references groupings (import_id),
    code text collate "C" not null,
    name text not null,
    geom geometry(Geometry, 4326),
    primary key (import_id, code)
);

-- An area of the tree, and the area of the grouping that has it: at most one.
create table grouping_members (
    import_id bigint not null,
    level text collate "C" not null,
    code text collate "C" not null,
    area text collate "C" not null,
    primary key (import_id, code),
    foreign key (import_id, area) references grouping_areas (import_id, code),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
);
create index grouping_members_area on grouping_members (level, code);
