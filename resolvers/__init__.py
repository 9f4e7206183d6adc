"""How an outcome is learned: people prompted and reminded, feeds probed, proposals made."""
