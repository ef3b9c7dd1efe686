"""Rewrite ordinary Python that RestrictedPython would refuse, before the review.

What it does *not* do: allow anything. Every rewrite only removes power, and the review comes after.
"""

import ast


class Preparation(ast.NodeTransformer):
    """Rewrite ordinary Python that RestrictedPython would refuse; every rewrite only removes power.

    `_helper` becomes `private_helper`, annotations go, `print` becomes a name that does nothing.
    Dunder and `_guard_` names stay as they are, so that the review meets and refuses them.
    """

    @staticmethod
    def renamed(name: str) -> str:
        """Return the public form of a private name."""
        if name == "print":
            return "print_nothing"
        if name.startswith("_") and len(name) > 1 and not name.startswith("__") and not name.endswith("_"):
            return "private" + name
        return name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Rename a variable."""
        node.id = self.renamed(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Rename a private attribute."""
        self.generic_visit(node)
        node.attr = self.renamed(node.attr) if node.attr != "print" else node.attr
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Rename an argument and drop its annotation."""
        node.arg = self.renamed(node.arg)
        node.annotation = None
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """Rename the keyword of a call like the argument it meets."""
        self.generic_visit(node)
        node.arg = self.renamed(node.arg) if node.arg else node.arg
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Rename a function and drop what it says it returns."""
        node.name = self.renamed(node.name)
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Rename a class."""
        node.name = self.renamed(node.name)
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Turn an annotated assignment into a plain one, a bare annotation into nothing."""
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        plain = ast.Assign(targets=[node.target], value=node.value)
        return self.generic_visit(ast.copy_location(plain, node))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Rename the exception variable."""
        node.name = self.renamed(node.name) if node.name else node.name
        self.generic_visit(node)
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        """Rename a private import alias."""
        node.asname = self.renamed(node.asname) if node.asname else node.asname
        return node
