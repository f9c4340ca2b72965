-- The measure `change`: favourable since the baseline election, with its interval.
alter table current_estimates
    add column change double precision,
    add column change_low double precision,
    add column change_high double precision;

-- Replaced, not dropped, so that what others built on the view stays: new columns can only come last.
create or replace view published_estimates as
select e.snapshot, e.level, e.code, a.name, a.parent_code as parent, e.electors, e.pooled,

       e.favourable, e.favourable_low, e.favourable_high,
       e.undecided, e.undecided_low, e.undecided_high,
       e.opposed, e.opposed_low, e.opposed_high,
       e.abstainers, e.abstainers_low, e.abstainers_high,
       e.turnout, e.turnout_low, e.turnout_high,
       e.margin, e.margin_low, e.margin_high,
       e.persuasion, e.persuasion_low, e.persuasion_high,
       e.mobilisation, e.mobilisation_low, e.mobilisation_high,
       a.geom,
       e.change, e.change_low, e.change_high
from current_estimates e join current_areas a on a.level = e.level and a.code = e.code;
