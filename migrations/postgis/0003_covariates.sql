-- Covariates: what is known of areas beside votes, in groups that share one learnt slope scale.
create table covariate_groups (
    import_id bigint primary key references imports (id),
    name text collate "C" not null unique,
    level text collate "C" not null,
    -- A JSON array of names, in the order of the numbers below.
    columns text not null
);

-- The numbers of an area, separated by commas; between two commas without a digit the file had no number.
create table covariates (
    import_id bigint not null references imports (id),
    level text collate "C" not null,
    code text collate "C" not null,
    numbers text not null,
    primary key (import_id, code),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
);
create index covariates_area on covariates (level, code);
