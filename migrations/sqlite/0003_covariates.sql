-- Covariates: what is known of areas beside votes, in groups that share one learnt slope scale.
create table covariate_groups (
    import_id integer primary key references imports (id),
    name text not null unique,
    level text not null,
    -- A JSON array of names, in the order of the numbers below.
    columns text not null
) strict;

-- The numbers of an area, separated by commas; between two commas without a digit the file had no number.
create table covariates (
    import_id integer not null references imports (id),
    level text not null,
    code text not null,
    numbers text not null,
    primary key (import_id, code),
    foreign key (level, code) references areas (level, code) deferrable initially deferred
) strict;
create index covariates_area on covariates (level, code);
