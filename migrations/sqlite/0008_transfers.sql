-- Counts that were moved from the areas in which they were counted: how, and what may be wrong with them. One election
-- may have several such imports.
create table transfers (
    import_id integer primary key references imports (id),
    -- JSON: the file of the areas, the method, the share that was divided.
    about text not null
) strict;

-- Areas whose count came, in part, out of areas that were divided. The count itself is a result like any other.
create table transfer_errors (
    import_id integer not null references imports (id),
    level text not null,
    code text not null,
    -- JSON: standard errors of each number.
    error text not null,
    primary key (import_id, level, code)
) strict;
