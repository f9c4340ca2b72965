-- More kinds of evidence.
alter table imports drop constraint imports_kind_check;
alter table imports add constraint imports_kind_check check (
    kind in ('areas', 'results', 'polls', 'covariates', 'tallies', 'scores', 'population', 'grouping')
);
