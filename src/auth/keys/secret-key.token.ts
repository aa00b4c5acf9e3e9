export { SECRET_KEY } from '../../config/config.module.js';
