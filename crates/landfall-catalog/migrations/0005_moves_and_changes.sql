-- Of a source without a destination: the one it was taken off. Any other one that it gets pauses it. The removal of a
-- destination pauses its sources at once, and leaves nothing here.
ALTER TABLE sources ADD COLUMN left_destination_id INTEGER REFERENCES destinations (id);

-- What a change altered: stored form.
ALTER TABLE audit ADD COLUMN changes TEXT;
