# Rscript docs/scripts/nuclei.R RESULTS/analysis_data/general_stats COLUMN_OF_CONDITION MEASURE
#
# Reads the nuclei of a run, and writes into the folder in which it is started
# nuclei_by_condition.csv, a row per condition, and nuclei_by_condition.pdf, a dot per image.
# Images and not nuclei are counted: nuclei of one image are no independent repeats. Images without
# nuclei are in no row.

given <- commandArgs(trailingOnly = TRUE)
if (length(given) != 3) {
  stop("give the folder general_stats, a column of the sample sheet, and a measurement")
}
folder <- given[1]
condition <- given[2]
measure <- given[3]

parquet <- file.path(folder, "nuclei.parquet")
nuclei <- if (requireNamespace("arrow", quietly = TRUE)) {
  as.data.frame(arrow::read_parquet(parquet))
} else {
  read.csv(file.path(folder, "nuclei.csv"), check.names = FALSE, encoding = "UTF-8")
}
missing <- setdiff(c(condition, measure), names(nuclei))
if (length(missing) > 0) {
  stop("nuclei.csv has no column ", paste(missing, collapse = ", "), "; it has ",
       paste(names(nuclei), collapse = ", "))
}

nuclei <- nuclei[!is.na(nuclei[[measure]]), ]  # an image may lack the stain
if (nrow(nuclei) == 0) stop("no nucleus has a value of ", measure)

# The mean of each image's nuclei, then the mean and the spread of the images of each condition.
groups <- list(condition = nuclei[[condition]], image = nuclei[["image"]])
images <- aggregate(list(value = nuclei[[measure]]), groups, mean)
images$nuclei <- aggregate(list(n = nuclei[[measure]]), groups, length)$n
by_condition <- do.call(rbind, lapply(split(images, images$condition), function(part) {
  data.frame(condition = part$condition[1], images = nrow(part), nuclei = sum(part$nuclei),
             mean = mean(part$value), sd = sd(part$value))
}))
names(by_condition)[c(1, 4, 5)] <- c(condition, paste0(measure, c("_mean", "_sd")))
write.csv(by_condition, "nuclei_by_condition.csv", row.names = FALSE, fileEncoding = "UTF-8")

draw <- if (capabilities("cairo")) cairo_pdf else pdf  # cairo has Greek letters
draw("nuclei_by_condition.pdf", width = 5, height = 5)
order <- factor(images$condition)
boxplot(images$value ~ order, xlab = condition, ylab = measure, outline = FALSE, col = "grey95")
stripchart(images$value ~ order, vertical = TRUE, method = "jitter", pch = 16, add = TRUE)
invisible(dev.off())
