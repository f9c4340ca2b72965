-- Where people live: at points, in cells of INSEE's grid (by their id), or in polygons. How many is kept as the file
-- says it; statistics made confidential count in fractions of people.
create table population (
    import_id integer not null references imports (id),
    row integer not null,
    lon real,
    lat real,
    cell text,
    geom blob,
    people real not null check (people >= 0),
    primary key (import_id, row)
) strict;
