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

# A page of feedback is always today's: nbgrader would keep one that is there, without marks given or scores changed since.
c.GenerateFeedback.force = True

# `nbgrader export` leaves blank what is no grade: not handed in, set aside, not marked.
c.ExportApp.plugin_class = "autograder.classroom.nbgrader_export.GradesExport"

# For `nbgrader zip_collect`: SOMETHING_student_attempt_2026-03-01-12-00-00_lesson-03.ipynb. Other names need another pattern.
c.FileNameCollectorPlugin.named_regexp = (
    r"(?:.*/)?[^/]*?_(?P<student_id>[^/_]+)_attempt_(?P<timestamp>[0-9-]+)_(?P<file_id>[^/]+?)(?:\.\w+)?$"
)

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
c.Autograde.exporter_class = "autograder.engine.weigh.GuardedExporter"

# Pages show students' Markdown cleaned as the last step, and carry a policy under which nothing of it could run.
c.HTMLExporter.filters = {"markdown2html": "autograder.engine.pages.markdown"}
c.GenerateFeedback.exporter_class = "autograder.classroom.nbgrader_feedback.FeedbackPage"
