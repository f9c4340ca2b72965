-- Where people live: at points, in cells of INSEE's grid (by their id), or in polygons. How many is kept as the file
-- says it; statistics made confidential count in fractions of people.
create table population (
    import_id bigint not null references imports (id),
    row bigint not null,
    lon double precision,
    lat double precision,
    cell text collate "C",
    geom geometry(Geometry, 4326),
    people double precision not null check (people >= 0),
    primary key (import_id, row)
);
