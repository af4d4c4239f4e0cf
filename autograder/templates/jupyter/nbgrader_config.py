# Installed with the grader, for every nbgrader command and formgrader in this environment: without settings of a class that
# say otherwise by name, no student's code runs outside the sandbox. A class's own nbgrader_config.py comes after this file.
c = get_config()  # noqa: F821  (nbgrader provides it)

c.Autograde.sanitize_preprocessors = [
    "autograder.engine.guard.Guard",
    "nbgrader.preprocessors.ClearOutput",
    "autograder.engine.restore.RestoreContract",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.engine.execute.SandboxExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.exporter_class = "autograder.engine.weigh.GuardedExporter"

# Pages show students' Markdown cleaned as the last step, and carry a policy under which nothing of it could run.
c.HTMLExporter.filters = {"markdown2html": "autograder.engine.pages.markdown"}
c.GenerateFeedback.exporter_class = "autograder.classroom.nbgrader_feedback.FeedbackPage"
