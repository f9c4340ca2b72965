# Goal 20: lme4's fit of two random effects, departement and commune, on the log odds of the round before.
# glmer.R FILE: FILE has departement, commune, yes, asked, offset; prints the CPU seconds of the fit, without R's start
# and the reading, and both sds.
suppressPackageStartupMessages(library(lme4))
votes <- read.csv(commandArgs(TRUE)[1], colClasses = c("character", "character", "numeric", "numeric", "numeric"))
spent <- system.time(
  fit <- glmer(cbind(yes, asked - yes) ~ 1 + (1 | departement) + (1 | commune), offset = offset, family = binomial,
    data = votes)
)
sds <- sapply(VarCorr(fit), function(v) attr(v, "stddev"))
cat(spent[["user.self"]] + spent[["sys.self"]], sds[["departement.(Intercept)"]], sds[["commune.(Intercept)"]],
  as.character(packageVersion("lme4")), "\n")
