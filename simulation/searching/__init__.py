"""What would come of ten thousand searches for a tumor, by the planner or by a fixed sequence?"""
