"""What several pages share: the frame, the draft, fields, the live chart."""
