# nbgrader's settings for this course. A class's nbgrader_config.py starts as a copy of this file.
from pathlib import Path

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "sequence-models"
c.CourseDirectory.root = str(Path(__file__).parent)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).parent}/.make/release.db"

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer here.*"
c.IncludeHeaderFooter.header = ""

# A cell that runs longer is interrupted; checks need milliseconds.
c.Execute.timeout = 15
c.Execute.interrupt_on_timeout = True
c.ExecutePreprocessor.timeout = 15

# Students' cells run in the engine's sandbox, also under nbgrader's own `autograde` and formgrader's button.
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

# Pages show students' Markdown cleaned as the last step, and carry a policy under which nothing of it could run.
c.HTMLExporter.filters = {"markdown2html": "autograder.engine.pages.markdown"}
c.GenerateFeedback.exporter_class = "autograder.engine.pages.FeedbackExporter"
