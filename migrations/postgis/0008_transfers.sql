-- Counts that were moved from the areas in which they were counted: how, and what may be wrong with them. One election
-- may have several such imports.
create table transfers (
    import_id bigint primary key references imports (id),
    -- JSON: the file of the areas, the method, the share that was divided.
    about text not null
);

-- Areas whose count came, in part, out of areas that were divided. The count itself is a result like any other.
create table transfer_errors (
    import_id bigint not null references imports (id),
    level text collate "C" not null,
    code text collate "C" not null,
    -- JSON: standard errors of each number.
    error text not null,
    primary key (import_id, level, code)
);
