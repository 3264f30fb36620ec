"""The cloud service of ml-connector: takes callbacks, maps orders, posts through the agent."""
